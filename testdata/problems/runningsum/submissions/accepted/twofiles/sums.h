long long add(long long x);
