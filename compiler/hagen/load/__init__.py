"""What `document` reads a topology with: bytes to text, libyaml's events to plain data, its errors to plain words."""
