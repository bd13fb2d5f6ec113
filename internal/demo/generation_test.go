package demo

import (
	"strings"
	"testing"
)

func TestCheckNamesEveryBrokenRule(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       []string // the beginnings of the errors
	}{
		{"the least", `{"prompt":"a fox"}`, nil},
		{"everything", `{"prompt":"a fox","num_images":4,"image_size":"square_hd"}`, nil},
		{"longest prompt", `{"prompt":"` + strings.Repeat("ö", 1000) + `"}`, nil},
		{"prompt too long", `{"prompt":"` + strings.Repeat("ö", 1001) + `"}`, []string{"prompt: must be at most 1000"}},
		{"no prompt", `{"num_images":1}`, []string{"prompt: is required"}},
		{"blank prompt", `{"prompt":"  "}`, []string{"prompt: is required"}},
		{"too few", `{"prompt":"a","num_images":0}`, []string{"num_images:"}},
		{"too many", `{"prompt":"a","num_images":5}`, []string{"num_images:"}},
		{"half an image", `{"prompt":"a","num_images":1.5}`, []string{"num_images:"}},
		{"all at once", `{"num_images":9,"image_size":"huge"}`, []string{"prompt:", "num_images:", "image_size:"}},
		{"wrong type", `{"prompt":7}`, []string{"body: "}},
		{"malformed", `{"prompt":"a",`, []string{"body: "}},
		{"empty", ``, []string{"body: "}},
	} {
		p := check([]byte(c.body))
		if c.want == nil {
			if p != nil {
				t.Errorf("%s: refused with %q", c.name, p.Errors)
			}
			continue
		}
		if p == nil || p.status != 400 || p.Error != "Invalid input" || len(p.Errors) != len(c.want) {
			t.Errorf("%s: %+v, want errors %q", c.name, p, c.want)
			continue
		}
		for i, want := range c.want {
			if !strings.HasPrefix(p.Errors[i], want) {
				t.Errorf("%s: error %d is %q, want %q", c.name, i, p.Errors[i], want)
			}
		}
	}
}

func TestTheClientsOrdersAreRightAndTheirMistakesAreWrong(t *testing.T) {
	r := newRand(1, 1)
	for range 200 {
		if body := generationBody(r); check([]byte(body)) != nil {
			t.Fatalf("the order %s is refused: %q", body, check([]byte(body)).Errors)
		}
	}
	for variant := range 4 {
		c := mistake(mishap{slip: badInput, model: "flux/dev", variant: variant}, r)
		if check([]byte(c.body)) == nil {
			t.Errorf("the mistake %s passes", c.body)
		}
	}
}
