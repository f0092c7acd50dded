module github.com/bailiff-judge/bailiff/cmd/forkbench/peers/gosandbox

go 1.26.0

require github.com/criyle/go-sandbox v0.11.0

require golang.org/x/sys v0.30.0 // indirect
