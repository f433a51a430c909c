// Package history checks what a chat promised against what was seen: those
// who change something record what they asked for and what was acknowledged,
// subscribers what they received, a reader what is stored at the end. [Check]
// finds everything that contradicts the delivery contract:
//
//   - what was acknowledged is stored with its exact text, and a search finds it;
//   - what was tried and not acknowledged is stored at most once, and nothing is
//     stored that nobody tried;
//   - no client id is stored twice, or acknowledged as two messages;
//   - no number of a room is used twice, and the order of ids is theirs;
//   - what was acknowledged before something else was sent has the smaller number;
//   - each subscriber's numbers follow on each other without gap or repetition up
//     to the room's own, all subscribers agree on what each number is about, and
//     applying the events gives what a fresh reader finds, boosts included;
//   - nobody receives anything of a room that they are not in.
//
// It owns the rules alone: pure functions over recorded histories, safe to call
// concurrently. It refuses to know how they were recorded.
package history
