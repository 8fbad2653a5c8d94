"""Use cases: (deps, actor, …) -> frozen result of keys and numbers. Permission is checked here and nowhere else."""
