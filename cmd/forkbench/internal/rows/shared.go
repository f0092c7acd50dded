package rows

import "sync"

// shared is something that several rows use: the first to take it opens it, the
// last to give it back closes it.
type shared[T any] struct {
	open  func() (T, error)
	close func(T) error

	mutex sync.Mutex
	users int
	value T
}

func (s *shared[T]) take() (T, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.users == 0 {
		value, err := s.open()
		if err != nil {
			return value, err
		}
		s.value = value
	}
	s.users++
	return s.value, nil
}

func (s *shared[T]) give() error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.users--
	if s.users > 0 {
		return nil
	}
	return s.close(s.value)
}
