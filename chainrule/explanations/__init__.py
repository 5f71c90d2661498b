"""Explanations as plain data: slope, receipt, ledger, blame, counterfactual, culprits."""
