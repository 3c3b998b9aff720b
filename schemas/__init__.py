"""The contracts: the only thing the services share by meaning."""
