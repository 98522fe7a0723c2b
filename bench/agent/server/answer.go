package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

type object = map[string]any

type call struct {
	id, name, arguments string
	// What its answer must hold.
	result string
}

// The reply of this turn ends a session.
const lastTurn = 2

// The calls of a reply: two at once, one, none.
func callsOf(turn int, token string) []call {
	lookUp := func(item string) call {
		return call{
			id:        fmt.Sprintf("call_%s_%s", token, item),
			name:      "look_up",
			arguments: fmt.Sprintf(`{"token":"%s","item":"%s"}`, token, item),
			result:    fmt.Sprintf("%s of %s", item, token),
		}
	}
	switch turn {
	case 0:
		return []call{lookUp("bolts"), lookUp("nuts")}
	case 1:
		return []call{{
			id:        fmt.Sprintf("call_%s_order", token),
			name:      "place_order",
			arguments: fmt.Sprintf(`{"token":"%s","bolts":12,"nuts":30}`, token),
			result:    "ordered for " + token,
		}}
	}
	return nil
}

func textFor(turn int, token string) string {
	if turn < lastTurn {
		return ""
	}
	return "All is ordered: twelve bolts and thirty nuts are on their way to you. The order is " + token + ". Ask again whenever something else runs out."
}

// A streamed reply begins a little before it is whole, and comes in so many pieces.
const (
	pieces   = 4
	pieceGap = 10 * time.Millisecond
)

func answer(reply http.ResponseWriter, request *http.Request, asked asked, behaviour behaviour) {
	if !asked.isStream {
		wait(request.Context(), behaviour.latency(asked.turn))
		reply.Header().Set("Content-Type", "application/json")
		send(reply, whole(asked))
		return
	}
	wait(request.Context(), behaviour.latency(asked.turn)-pieces*pieceGap)
	reply.Header().Set("Content-Type", "text/event-stream")
	events := eventsOf(asked)
	for piece := range pieces {
		text := strings.Join(events[len(events)*piece/pieces:len(events)*(piece+1)/pieces], "")
		if _, err := io.WriteString(reply, text); err != nil {
			return
		}
		// without it nothing is sent before the end
		_ = http.NewResponseController(reply).Flush()
		if behaviour.Hang && piece == pieces/2 {
			<-request.Context().Done()
			return
		}
		wait(request.Context(), pieceGap)
	}
}

func base(asked asked, kind string) object {
	id := fmt.Sprintf("chatcmpl-%d-%d", asked.number, asked.turn)
	return object{"id": id, "object": kind, "created": 1_790_000_000, "model": "mock"}
}

func usageOf(turn int) object {
	read, written := 300+100*turn, 40
	return object{"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written}
}

func whole(asked asked) object {
	calls := callsOf(asked.turn, asked.token)
	said := object{"role": "assistant", "content": nil}
	if text := textFor(asked.turn, asked.token); text != "" {
		said["content"] = text
	}
	if len(calls) > 0 {
		made := make([]object, len(calls))
		for at, call := range calls {
			made[at] = object{"id": call.id, "type": "function", "function": object{"name": call.name, "arguments": call.arguments}}
		}
		said["tool_calls"] = made
	}
	completion := base(asked, "chat.completion")
	completion["choices"] = []object{{"index": 0, "message": said, "finish_reason": reasonOf(calls)}}
	completion["usage"] = usageOf(asked.turn)
	return completion
}

// The events of a streamed reply: a word each, arguments in three parts.
func eventsOf(asked asked) []string {
	var events []string
	add := func(choices []object, usage any) {
		chunk := base(asked, "chat.completion.chunk")
		chunk["choices"], chunk["usage"] = choices, usage
		text, _ := json.Marshal(chunk)
		events = append(events, fmt.Sprintf("data: %s\n\n", text))
	}
	delta := func(delta object, reason any) {
		add([]object{{"index": 0, "delta": delta, "finish_reason": reason}}, nil)
	}
	calls := callsOf(asked.turn, asked.token)
	delta(object{"role": "assistant", "content": ""}, nil)
	for _, word := range strings.SplitAfter(textFor(asked.turn, asked.token), " ") {
		if word != "" {
			delta(object{"content": word}, nil)
		}
	}
	for at, call := range calls {
		head := object{"name": call.name, "arguments": ""}
		delta(object{"tool_calls": []object{{"index": at, "id": call.id, "type": "function", "function": head}}}, nil)
		third := len(call.arguments) / 3
		for _, part := range []string{call.arguments[:third], call.arguments[third : 2*third], call.arguments[2*third:]} {
			delta(object{"tool_calls": []object{{"index": at, "function": object{"arguments": part}}}}, nil)
		}
	}
	delta(object{}, reasonOf(calls))
	add([]object{}, usageOf(asked.turn))
	return append(events, "data: [DONE]\n\n")
}

func reasonOf(calls []call) string {
	if len(calls) > 0 {
		return "tool_calls"
	}
	return "stop"
}

func send(reply http.ResponseWriter, value any) {
	// whoever asked may be gone
	_ = json.NewEncoder(reply).Encode(value)
}
