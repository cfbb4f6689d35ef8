"""The main job: resolve a target's routes, probe them in waves, judge, and name the cause."""
