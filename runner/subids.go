package runner

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"strings"

	"github.com/bailiff-judge/bailiff/forkexec"
)

// newSubIDs makes the user namespace of all programs of an ordinary user who has
// ids to give away. In it the judge is root, who sets up, and a program has one of
// those ids. To map them takes two helpers with a capability, a millisecond each;
// so there is one namespace, which every run joins.
func (s *Sandbox) newSubIDs() (*os.File, error) {
	self, err := user.Current()
	if err != nil {
		return nil, err
	}
	for _, id := range []struct {
		file string
		of   *uint32
	}{{"/etc/subuid", &s.options.UID}, {"/etc/subgid", &s.options.GID}} {
		if *id.of != 0 {
			continue
		}
		text, err := os.ReadFile(id.file)
		if err != nil {
			return nil, err
		}
		first, ok := firstGranted(string(text), self.Username, self.Uid)
		if !ok {
			return nil, fmt.Errorf("%s grants %s nothing: usermod --add-subuids 100000-165535 --add-subgids 100000-165535 %s", id.file, self.Username, self.Username)
		}
		*id.of = first
	}
	maps := func(own int, id uint32) []forkexec.IDMap {
		return []forkexec.IDMap{{Inside: 0, Outside: uint32(own), Count: 1}, {Inside: insideID, Outside: id, Count: 1}}
	}
	return s.userNamespace(maps(os.Geteuid(), s.options.UID), maps(os.Getegid(), s.options.GID))
}

// firstGranted returns the first id of the first range that a file grants a user, by
// name or by number (subuid(5)).
func firstGranted(text, name, id string) (uint32, bool) {
	for line := range strings.Lines(text) {
		fields := strings.Split(strings.TrimSpace(line), ":")
		if len(fields) != 3 || fields[0] != name && fields[0] != id {
			continue
		}
		first, err := strconv.ParseUint(fields[1], 10, 32)
		count, countErr := strconv.ParseUint(fields[2], 10, 32)
		if err == nil && countErr == nil && first > 0 && count > 0 {
			return uint32(first), true
		}
	}
	return 0, false
}

// ownID says whether programs have an id that is not the judge's.
func (s *Sandbox) ownID() bool { return s.root || s.subIDs != nil }

// initJoins are the namespaces that pid 1 is started in.
func (s *Sandbox) initJoins() []*os.File {
	if s.subIDs == nil {
		return nil
	}
	return []*os.File{s.subIDs}
}
