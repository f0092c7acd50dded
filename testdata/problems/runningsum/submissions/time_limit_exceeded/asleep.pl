sleep 60; # wall time, no CPU time
