"""The mock beside the reference server: the same requests, the answers compared."""
