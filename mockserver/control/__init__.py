"""`/_mock`: what the server under the API is told by a test, beside the contract."""
