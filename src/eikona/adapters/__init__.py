"""What the stages need of the machine: folders, processes, files that survive a crash."""
