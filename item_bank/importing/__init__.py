"""Taking files into the bank."""
