! Reads a number and prints how many primes are below it.
program sieve
  implicit none
  integer, allocatable :: factor(:) ! 0 for a prime
  integer :: limit, i, count
  integer(8) :: j
  read *, limit
  allocate (factor(0:limit - 1))
  factor = 0
  count = 0
  do i = 2, limit - 1
    if (factor(i) == 0) then
      count = count + 1
      do j = int(i, 8)*i, limit - 1, i
        factor(j) = i
      end do
    end if
  end do
  print '(i0)', count
end program
