"""The mock server: keeps the contract in `spec`, with a stateful store and real run lifecycles."""
