"""What the first pages show: whose page it is, what is due there, what was earned and why."""
