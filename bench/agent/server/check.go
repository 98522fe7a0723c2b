package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// What a request asks for.
type asked struct {
	token    string
	number   int
	turn     int
	isStream bool
}

type problem struct {
	text        string
	isCrossTalk bool
}

type request struct {
	Stream   bool      `json:"stream"`
	Messages []message `json:"messages"`
	Tools    []struct {
		Type     string `json:"type"`
		Function struct {
			Name       string         `json:"name"`
			Parameters map[string]any `json:"parameters"`
		} `json:"function"`
	} `json:"tools"`
}

type message struct {
	Role       string `json:"role"`
	Content    any    `json:"content"`
	ToolCallID string `json:"tool_call_id"`
	ToolCalls  []struct {
		ID       string `json:"id"`
		Type     string `json:"type"`
		Function struct {
			Name      string `json:"name"`
			Arguments string `json:"arguments"`
		} `json:"function"`
	} `json:"tool_calls"`
}

// Every text that belongs to one session has its token in it.
var tokens = regexp.MustCompile(`tok-(\d+)-x`)

// Read a request and compare the history in it with what was said in the session so far.
func read(body []byte) (asked, problem) {
	var given request
	found := asked{}
	if err := json.Unmarshal(body, &given); err != nil {
		return found, problem{text: "no JSON: " + err.Error()}
	}
	found.isStream = given.Stream
	messages := given.Messages
	if len(messages) < 2 || (messages[0].Role != "system" && messages[0].Role != "developer") || messages[1].Role != "user" {
		return found, problem{text: "it does not begin with a system prompt and a question"}
	}
	match := tokens.FindStringSubmatch(textOf(messages[1].Content))
	if match == nil {
		return found, problem{text: "the question has no token"}
	}
	found.token = match[0]
	found.number, _ = strconv.Atoi(match[1])
	for _, other := range tokens.FindAll(body, -1) {
		if !bytes.Equal(other, []byte(found.token)) {
			return found, problem{text: "it holds " + string(other), isCrossTalk: true}
		}
	}
	if text := textOf(messages[0].Content); !strings.Contains(text, "inventory") {
		return found, problem{text: "the system prompt is missing"}
	}
	if len(given.Tools) != 2 {
		return found, problem{text: fmt.Sprintf("it has %d tools, not 2", len(given.Tools))}
	}
	turn, text := turnOf(messages[2:], found.token)
	found.turn = turn
	return found, problem{text: text}
}

// How many replies the history holds, and what is wrong with them.
func turnOf(rest []message, token string) (turn int, problem string) {
	for len(rest) > 0 {
		if turn >= lastTurn {
			return turn, "it goes on behind the last reply"
		}
		calls := callsOf(turn, token)
		reply := rest[0]
		if reply.Role != "assistant" || len(reply.ToolCalls) != len(calls) {
			return turn, fmt.Sprintf("reply %d is a message of %q with %d calls, not %d", turn, reply.Role, len(reply.ToolCalls), len(calls))
		}
		for at, call := range calls {
			made := reply.ToolCalls[at]
			if made.ID != call.id || made.Function.Name != call.name || !sameJSON(made.Function.Arguments, call.arguments) {
				return turn, fmt.Sprintf("call %d of reply %d is changed: %s %s %s", at, turn, made.ID, made.Function.Name, made.Function.Arguments)
			}
		}
		if len(rest) < 1+len(calls) {
			return turn, fmt.Sprintf("reply %d lacks answers to its calls", turn)
		}
		for _, call := range calls {
			if text := answerProblem(call, rest[1:1+len(calls)]); text != "" {
				return turn, text
			}
		}
		rest = rest[1+len(calls):]
		turn++
	}
	return turn, ""
}

func answerProblem(call call, answers []message) string {
	for _, answer := range answers {
		if answer.Role != "tool" || answer.ToolCallID != call.id {
			continue
		}
		if text := textOf(answer.Content); !strings.Contains(text, call.result) {
			return fmt.Sprintf("the answer to %s is %q", call.id, text)
		}
		return ""
	}
	return "there is no answer to " + call.id
}

// Content may be a text or a list of parts with texts.
func textOf(content any) string {
	switch content := content.(type) {
	case string:
		return content
	case []any:
		var text strings.Builder
		for _, part := range content {
			if part, ok := part.(map[string]any); ok {
				text.WriteString(textOf(part["text"]))
			}
		}
		return text.String()
	}
	return ""
}

func sameJSON(one, other string) bool {
	var a, b any
	return json.Unmarshal([]byte(one), &a) == nil && json.Unmarshal([]byte(other), &b) == nil && reflect.DeepEqual(a, b)
}
