"""A model of everything around the hub: the server, the network, the clients and the time."""
