//! `mem3d`: what the memory carries, as a share of what its timing set allows, and how long a read waits.

mod curve;
