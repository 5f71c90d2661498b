"""How fast, beside what people use today: every figure from one run, medians and ratios.

`python -m benchmarks` runs them all and writes `benchmarks/results.json`; names choose some.
A benchmark is a module with a function `run() -> Result`. Peers are installed by the extra
`bench`; one that is missing is left out and named.
"""
