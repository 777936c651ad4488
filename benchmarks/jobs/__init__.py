"""What the benchmarks of background runs share."""
