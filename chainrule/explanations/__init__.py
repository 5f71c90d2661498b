"""Explanations: slope, receipt, ledger, blame, counterfactual, verdict and health as plain data."""
