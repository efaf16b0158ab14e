"""The HTTP side: connexion's application on the skeleton, validation, dispatch, errors, CORS."""
