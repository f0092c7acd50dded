#include <algorithm>
#include <iostream>
#include <vector>

int main()
{
	long long n, x, a, b, m, best = -1000000;
	std::cin >> n >> x >> a >> b >> m;
	std::vector<long long> v;
	for (int i = 0; i < n; i++, x = (a * x + b) % m)
		v.push_back(x - m / 2);
	for (int i = 0; i < n; i++) {
		long long sum = 0;
		for (int j = i; j < n; j++)
			best = std::max(best, sum += v[j]);
	}
	std::cout << best << '\n';
}
