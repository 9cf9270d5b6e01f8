"""How replication fares: latency, throughput, failover, and what survives when nodes die."""
