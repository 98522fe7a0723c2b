package main

import (
	"context"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"
)

// How the service behaves from a reset on.
type behaviour struct {
	// Of a hundred model calls, how many fail the first time: with 429 and 500 in turn, without Retry-After.
	FailPercent uint32 `json:"fail_percent"`
	// From the arrival of the first request of a session to the end of its reply; 200 where it is 0, as of all others.
	FirstLatencyMs int `json:"first_latency_ms"`
	// Say nothing more from the middle of each reply on; of every other session from before its beginning.
	Hang bool `json:"hang"`
}

const (
	usualLatency = 200 * time.Millisecond
	// A refusal is quick.
	refusalLatency = 20 * time.Millisecond
	maxSamples     = 5
)

type service struct {
	mutex       sync.Mutex
	behaviour   behaviour
	sessions    map[string]*session
	connections map[net.Conn]bool
	seen        report
	repeatedMs  []float64
}

// What is known of one session.
type session struct {
	// The model calls that were answered.
	turns int
	// When a request of it was refused last; zero once it has come again.
	refusedAt time.Time
	refusals  int
}

type report struct {
	Requests int `json:"requests"`
	// Sessions whose last reply was sent.
	Finished int `json:"finished"`
	// Requests that no service would accept, or that lack something of their session.
	Malformed int `json:"malformed"`
	// Requests that held something of another session.
	CrossTalk    int      `json:"cross_talk"`
	Samples      []string `json:"samples"`
	Refused      int      `json:"refused"`
	InFlight     int      `json:"in_flight"`
	PeakInFlight int      `json:"peak_in_flight"`
	Connections  int      `json:"connections"`
	// Since 1970; 0 where there was none.
	FirstRequestMs float64 `json:"first_request_ms"`
	LastClosedMs   float64 `json:"last_closed_ms"`
	// From a refusal to the next try.
	MedianRepeatMs float64 `json:"median_repeat_ms"`
	MaxRepeatMs    float64 `json:"max_repeat_ms"`
}

func newService() *service {
	return &service{sessions: map[string]*session{}, connections: map[net.Conn]bool{}}
}

func (s *service) reset(to behaviour) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.behaviour, s.sessions, s.seen, s.repeatedMs = to, map[string]*session{}, report{}, nil
}

func (s *service) report() report {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	found := s.seen
	found.Connections = len(s.connections)
	if len(s.repeatedMs) > 0 {
		slices.Sort(s.repeatedMs)
		found.MedianRepeatMs = s.repeatedMs[len(s.repeatedMs)/2]
		found.MaxRepeatMs = s.repeatedMs[len(s.repeatedMs)-1]
	}
	return found
}

func (s *service) connectionIs(connection net.Conn, state http.ConnState) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	switch state {
	case http.StateNew:
		s.connections[connection] = true
	case http.StateClosed, http.StateHijacked:
		delete(s.connections, connection)
		s.seen.LastClosedMs = nowMs()
	}
}

func (s *service) ServeHTTP(reply http.ResponseWriter, request *http.Request) {
	arrivedMs := nowMs()
	body, err := io.ReadAll(request.Body)
	if err != nil {
		return
	}
	s.begin(arrivedMs)
	defer s.end()
	asked, problem := read(body)
	status, behaviour := s.judge(asked, &problem)
	switch {
	case problem.text != "":
		refuse(reply, http.StatusBadRequest, problem.text)
	case status != http.StatusOK:
		wait(request.Context(), refusalLatency)
		refuse(reply, status, "the service has no time just now")
	case behaviour.Hang && asked.number%2 == 0:
		<-request.Context().Done()
	default:
		answer(reply, request, asked, behaviour)
	}
}

// Count a request, and say how it is answered.
func (s *service) judge(asked asked, problem *problem) (status int, as behaviour) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	known := s.sessions[asked.token]
	if known == nil {
		known = &session{}
		s.sessions[asked.token] = known
	}
	if problem.text == "" && asked.turn != known.turns {
		problem.text = "the history has " + strconv.Itoa(asked.turn) + " replies, the session had " + strconv.Itoa(known.turns)
	}
	if problem.text != "" {
		if problem.isCrossTalk {
			s.seen.CrossTalk++
		} else {
			s.seen.Malformed++
		}
		if len(s.seen.Samples) < maxSamples {
			s.seen.Samples = append(s.seen.Samples, asked.token+": "+problem.text)
		}
		return http.StatusBadRequest, s.behaviour
	}
	if !known.refusedAt.IsZero() {
		s.repeatedMs = append(s.repeatedMs, float64(time.Since(known.refusedAt).Microseconds())/1e3)
		known.refusedAt = time.Time{}
	} else if isChosen(asked, s.behaviour.FailPercent) {
		known.refusedAt = time.Now().Add(refusalLatency)
		s.seen.Refused++
		if s.seen.Refused%2 == 0 {
			return http.StatusTooManyRequests, s.behaviour
		}
		return http.StatusInternalServerError, s.behaviour
	}
	known.turns++
	if asked.turn == lastTurn {
		s.seen.Finished++
	}
	return http.StatusOK, s.behaviour
}

func (b behaviour) latency(turn int) time.Duration {
	if turn > 0 || b.FirstLatencyMs == 0 {
		return usualLatency
	}
	return time.Duration(b.FirstLatencyMs) * time.Millisecond
}

// The same model calls are chosen in every run.
func isChosen(asked asked, percent uint32) bool {
	hash := fnv.New32a()
	_, _ = io.WriteString(hash, asked.token+strconv.Itoa(asked.turn))
	return (hash.Sum32()>>8)%100 < percent
}

func (s *service) begin(arrivedMs float64) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.seen.Requests == 0 {
		s.seen.FirstRequestMs = arrivedMs
	}
	s.seen.Requests++
	s.seen.InFlight++
	s.seen.PeakInFlight = max(s.seen.PeakInFlight, s.seen.InFlight)
}

func (s *service) end() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.seen.InFlight--
}

func refuse(reply http.ResponseWriter, status int, text string) {
	reply.Header().Set("Content-Type", "application/json")
	reply.WriteHeader(status)
	send(reply, object{"error": object{"message": text, "type": "mock_error", "code": nil}})
}

func wait(context context.Context, duration time.Duration) {
	timer := time.NewTimer(duration)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-context.Done():
	}
}

func nowMs() float64 { return float64(time.Now().UnixMicro()) / 1e3 }
