#include "client_play.hpp"
#include "script.hpp"
#include "target.hpp"

namespace volley::fuzz {
namespace {

using Octets = std::vector<std::byte>;

/// A client with the local policy, and so many requests at a time.
ScriptText client(unsigned window = 63, unsigned before_end = 0) {
  ScriptText text;
  text.u8(0).u8(0).u8(0).u8(0);
  return text.u8(window).u8(0).u8(before_end);
}

ScriptText& asks(ScriptText& text, unsigned size, bool idempotent = false) {
  return text.choose(ClientTurn::kRequest).u8(size).u8(idempotent ? 1 : 0);
}
ScriptText& asks_for_long(ScriptText& text, unsigned size, unsigned timeout = 6) {
  return text.choose(ClientTurn::kRequest).u8(size).u8(2).u8(timeout);
}
ScriptText& sends(ScriptText& text) {
  return text.choose(ClientTurn::kSend).u8(0);
}
ScriptText& passes(ScriptText& text, unsigned time) {
  return text.choose(ClientTurn::kTime).u8(time);
}
ScriptText& refuses(ScriptText& text) {
  return text.choose(ClientTurn::kBare).u8(0).u8(0);
}
ScriptText& meets(ScriptText& text) {
  passes(sends(text), 2);
  return sends(refuses(text));
}
/// The last datagram is answered; what becomes of its frames follows.
ScriptText& answers(ScriptText& text) {
  return text.choose(ClientTurn::kAnswer).u8(0).u8(0);
}
ScriptText& replies(ScriptText& text, unsigned size) {
  return text.u8(0).u8(size).u8(0);
}
ScriptText& works(ScriptText& text) {
  return text.u8(3).u8(0);
}
ScriptText& refuses_for_good(ScriptText& text, unsigned code) {
  return text.u8(code).u8(0).u16(10);
}

Octets replied() {
  ScriptText text = client();
  asks(asks(asks(text, 20), 0), 0xd0);
  meets(text);
  replies(replies(answers(text), 5), 200);
  text.choose(ClientTurn::kReplay).u8(0).u8(0);
  text.choose(ClientTurn::kReplay).u8(1).u8(1);
  passes(text, 8);
  return text.text();
}

Octets every_nack() {
  ScriptText text = client();
  for (const unsigned code : {4U, 5U, 4U + 128, 5U + 128}) {
    asks(asks(text, 30), 30, true);
    sends(meets(text));
    refuses_for_good(refuses_for_good(answers(text), code), code);
    passes(text, 5);
  }
  return text.text();
}

/// Probes after 120 s, WORKING, and refusals that come too late to be believed.
Octets old_requests() {
  ScriptText text = client();
  asks_for_long(asks_for_long(text, 16), 17, 7);
  meets(text);
  works(answers(text));
  passes(passes(text, 12), 4);
  refuses_for_good(works(answers(text)), 5);
  passes(text, 15);
  refuses_for_good(answers(text), 5);
  return text.text();
}

Octets restarts() {
  ScriptText text = client();
  for (const unsigned age : {0U, 3U, 12U, 16U}) {
    asks_for_long(asks(text, 40), 41);
    asks(text, 42, true);
    sends(meets(text));
    passes(text, 4);
    text.choose(ClientTurn::kRestart).u8(age % 4).u8(age);
    sends(refuses(text));
    passes(text, 7);
    sends(refuses(text));
    replies(replies(answers(text), 3), 4);
  }
  return text.text();
}

/// Where the client_id's numbers end, with a window that is full.
Octets last_numbers() {
  ScriptText text = client(7, 3);
  for (int i = 0; i < 12; ++i) asks_for_long(text, 50);
  sends(sends(meets(text)));
  replies(replies(replies(answers(text), 1), 2), 3);
  sends(passes(text, 5));
  for (int i = 0; i < 6; ++i) asks(text, 9);
  sends(text);
  replies(replies(replies(answers(text), 1), 2), 3);
  text.choose(ClientTurn::kCancel).u8(2);
  passes(text, 9);
  return text.text();
}

Octets pings() {
  ScriptText text = client();
  text.choose(ClientTurn::kPing).u8(1).u16(1'000).choose(ClientTurn::kPing).u8(0).u8(0);
  asks(text, 10);
  sends(meets(text));
  answers(text);
  text.choose(ClientTurn::kAnswer).u8(1).u8(0).choose(ClientTurn::kReplay).u8(2).u8(0);
  text.choose(ClientTurn::kHint).u8(4);
  sends(passes(text, 6));
  return text.text();
}

/// The datagrams of protocol.md §11, to a client with as many requests.
Octets golden() {
  ScriptText text = client();
  for (unsigned i = 0; i < 7; ++i) asks(text, 8 + i, i == 5);
  meets(text);
  for (unsigned which = 0; which < 15; ++which) {
    text.choose(ClientTurn::kGolden).u8(which).u8(0);
    text.choose(ClientTurn::kGolden).u8(which).u8(1).u8(35).u8(2);
    text.choose(ClientTurn::kGarbage).u8(1).u8(0).u8(0).u8(8).u64(0x0400'0100'0000'0000U + which);
  }
  return text.text();
}

}  // namespace

const std::string_view kTarget = "client";

void try_input(Bytes input) {
  Script script{input};
  ClientPlay{script}.run();
}

std::vector<Octets> seeds() {
  return {replied(), every_nack(), old_requests(), restarts(), last_numbers(), pings(), golden()};
}

}  // namespace volley::fuzz
