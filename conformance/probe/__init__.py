"""The probe: a graph that plays scripts in a real server."""
