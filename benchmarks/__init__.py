"""What the mock costs, as ratios to raw Starlette in the same run: `python -m benchmarks`."""
