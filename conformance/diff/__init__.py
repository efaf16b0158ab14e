"""The same sequences of requests to two servers, and what their answers differ in."""
