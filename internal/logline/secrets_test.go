package logline

import (
	"strings"
	"testing"
)

func TestSecretsLeaveNoTrace(t *testing.T) {
	for _, text := range []string{
		`GET /x?key=C4N4RY HTTP/1.1`, `GET /x?C4N4RY HTTP/1.1`, `Get "https://user:C4N4RY@a.example/x?y=C4N4RY": refused`, `https://C4N4RY@a.example`,
		`Authorization: Bearer C4N4RY`, `Authorization: Basic C4N4RY==`, `authorization=C4N4RY`, `sent bearer C4N4RY and left`,
		`{"Authorization":["Bearer C4N4RY"]}`, `{"headers":{"Cookie":["a=C4N4RY; b=C4N4RY"]}}`, `"api_key": "C4N4RY"`, `"X-Api-Key":"C4N4RY"`,
		`password=C4N4RY`, `access_token: C4N4RY`, `{\"token\":\"C4N4RY\"}`, `{"client_secret" : "a b C4N4RY"}`,
		`location=https://a.example/cb?code=C4N4RY&state=C4N4RY`,
	} {
		if got := SafeLine([]byte(text), MaxMessage); strings.Contains(got, "C4N4RY") {
			t.Errorf("%s\n  is %s", text, got)
		}
	}
	for _, text := range []string{`what? no problem: here`, `a=b`, `10.0.0.1:80 refused`, `GET /x/y HTTP/1.1`, `really?`, `mail@a.example`} {
		if got := SafeLine([]byte(text), MaxMessage); got != text {
			t.Errorf("%s became %s", text, got)
		}
	}
}
