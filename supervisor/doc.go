// Package supervisor is what package ptracer and package notify have in
// common: what a supervised program asks, and what it may be answered.
//
// Its one idea: who decides never touches what is decided about. A back end
// stops a thread at a system call, reads its arguments, finds out which files
// they mean, and asks a [Handler]; the Handler looks at the [Call] and returns
// an [Answer]; the back end sees to it that a call that was allowed touches the
// files it was decided by, and no others, whatever other threads do meanwhile.
// [New] makes a Handler of a policy.
package supervisor
