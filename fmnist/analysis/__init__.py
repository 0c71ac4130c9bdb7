"""Tables, pictures and reports of finished runs."""
