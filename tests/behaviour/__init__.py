"""What haproxy.cfg does when it runs: HAProxies that run what hagen compiles, on the loopback interface.

- `lab` compiles a topology of this machine's own addresses, runs it, and asks HAProxy about its servers.
- `backends` are servers that can be told to misbehave.
- `clients` are those who come to the proxies.

Nothing is changed in what hagen compiles but the lines that belong to a service of a whole node: that it goes to the
background, its user and its root directory.
"""
