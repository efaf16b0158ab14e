"""The conformance suite: judges any Agent Server by the contract in `spec`."""
