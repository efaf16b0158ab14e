"""Tables and their indexes. Knows neither HTTP nor the rules of runs."""
