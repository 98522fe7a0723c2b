module axoner/bench/agent

go 1.25
