// A service of Chat Completions that plays one conversation with every session and checks what each request holds.
//
// Prints one line of JSON when it is ready, {"port"}, and ends with its standard input. Each line it reads there is an
// order, {"reset": {…}} or {"report": true}; each is answered with one line, the report of what came in so far.
package main

import (
	"bufio"
	"encoding/json"
	"io"
	"log"
	"net"
	"net/http"
	"os"
)

type order struct {
	Reset  *behaviour `json:"reset"`
	Report bool       `json:"report"`
}

func main() {
	log.SetFlags(0)
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	service := newService()
	server := &http.Server{Handler: service, ConnState: service.connectionIs, ErrorLog: log.New(io.Discard, "", 0)}
	go func() { log.Fatal(server.Serve(listener)) }()
	say := json.NewEncoder(os.Stdout).Encode
	if err := say(map[string]int{"port": listener.Addr().(*net.TCPAddr).Port}); err != nil {
		log.Fatal(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var given order
		if len(lines.Bytes()) == 0 {
			return
		}
		if err := json.Unmarshal(lines.Bytes(), &given); err != nil {
			log.Fatal(err)
		}
		if given.Reset != nil {
			service.reset(*given.Reset)
		}
		if err := say(service.report()); err != nil {
			log.Fatal(err)
		}
	}
}
