"""An engine whose log is kept by etcd, spoken to over its HTTP interface."""
