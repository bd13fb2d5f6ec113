package demo

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// The rules of a generation request, from the reference API.
const (
	maxPrompt = 1000 // characters
	maxImages = 4
)

var imageSizes = [...]string{
	"square_hd", "square", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9",
}

// generation is the body of a generation request. Pointers distinguish missing members from empty ones.
type generation struct {
	Prompt    *string      `json:"prompt"`
	NumImages *json.Number `json:"num_images"`
	ImageSize *string      `json:"image_size"`
}

// check returns every rule that a body breaks, one error each, and nil if it is valid.
func check(body []byte) *problem {
	var g generation
	if err := json.Unmarshal(body, &g); err != nil {
		return invalid("The body is not a valid generation request.", []string{"body: " + err.Error()})
	}
	var errs []string
	switch {
	case g.Prompt == nil || strings.TrimSpace(*g.Prompt) == "":
		errs = append(errs, "prompt: is required")
	case utf8.RuneCountInString(*g.Prompt) > maxPrompt:
		errs = append(errs, fmt.Sprintf("prompt: must be at most %d characters", maxPrompt))
	}
	if g.NumImages != nil {
		if n, err := g.NumImages.Int64(); err != nil || n < 1 || n > maxImages {
			errs = append(errs, fmt.Sprintf("num_images: must be an integer from 1 to %d", maxImages))
		}
	}
	if g.ImageSize != nil && !slices.Contains(imageSizes[:], *g.ImageSize) {
		errs = append(errs, "image_size: must be one of "+strings.Join(imageSizes[:], ", "))
	}
	if len(errs) == 0 {
		return nil
	}
	return invalid("The request breaks the rules of a generation request.", errs)
}
