// Package triage draws realistic incidents and judges what is said of them. It is a test support package: nothing that ships
// imports it.
//
// A [Kind] is a sort of incident; [Kind.Draw] makes a [Scene] of it from a seed: a day in the life of some services, their
// results, marks, and the [Truth] about them. [Scene.Play] runs a scene through a tracker as a live source would, and [Judge]
// holds what the tracker's incidents say against the truth. Who draws a screen plays a scene, draws the snapshot, and scores
// the text against the same truth.
package triage
