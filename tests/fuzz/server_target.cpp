#include "script.hpp"
#include "server_play.hpp"
#include "target.hpp"

namespace volley::fuzz {
namespace {

using Octets = std::vector<std::byte>;

/// A server with so much room, and its only worker.
ScriptText server(unsigned memory = 9, unsigned running = 63) {
  ScriptText text;
  return text.u8(0).u8(0).u8(memory).u8(running).u8(31).u8(0).u8(0).u8(0);
}

/// A client says something: its header, and how many frames follow.
ScriptText& says(ScriptText& text, unsigned who, unsigned frames) {
  return text.choose(ServerTurn::kFrames).u8(who).u8(0).u8(0).u8(0).u8(frames);
}
ScriptText& request(ScriptText& text, unsigned number, unsigned attempt = 0) {
  return text.u8(0).u8(attempt).u8(number).u8(4).u8(1);
}
ScriptText& idempotent(ScriptText& text, unsigned number) {
  return text.u8(5).u8(0).u8(number).u8(4).u8(1);
}
ScriptText& probe(ScriptText& text, unsigned number) {
  return text.u8(6).u8(1).u8(number);
}
ScriptText& pad(ScriptText& text) {
  return text.u8(0);
}
ScriptText& meets(ScriptText& text, unsigned who) {
  pad(says(text, who, 0));
  return text.choose(ServerTurn::kSend).u8(0).u8(0);
}
ScriptText& replies(ScriptText& text, unsigned size) {
  text.choose(ServerTurn::kReply).u8(0).u8(size);
  return text.choose(ServerTurn::kSend).u8(0).u8(0);
}
ScriptText& passes(ScriptText& text, unsigned time) {
  return text.choose(ServerTurn::kTime).u8(time);
}

/// A request, its copy while it runs and after, its reply lost for its size, its probe.
Octets one_request() {
  ScriptText text = server();
  meets(text, 0);
  pad(request(says(text, 0, 1), 0));
  passes(text, 4);
  pad(request(says(text, 0, 1), 0, 1));
  replies(text, 20);
  pad(request(says(text, 0, 1), 0, 2));
  text.choose(ServerTurn::kSend).u8(0).u8(1);
  pad(probe(says(text, 0, 1), 0));
  passes(text, 13);
  return text.text();
}

/// More requests than there is room to run, and more replies than there is memory for.
Octets little_room() {
  ScriptText text = server(1, 3);
  for (unsigned who = 0; who < 5; ++who) {
    meets(text, who);
    says(text, who, 7);
    for (unsigned i = 0; i < 7; ++i) request(text, i);
    pad(text);
    replies(text, 0xff);
    replies(text, 0x40);
  }
  text.choose(ServerTurn::kAbandon).u8(0);
  passes(text, 14);
  return text.text();
}

/// The same number from two addresses, by copies, probes and replays, as its ticket ages.
Octets old_copies() {
  ScriptText text = server();
  meets(text, 0);
  meets(text, 2);
  for (const unsigned time : {6U, 8U, 8U, 12U, 9U, 13U, 14U}) {
    pad(request(says(text, 0, 1), time));
    pad(probe(says(text, 2, 1), time));
    passes(text, time);
    text.choose(ServerTurn::kReplay).u8(0).u8(0);
    text.choose(ServerTurn::kReplay).u8(1).u8(2);
    meets(text, 0);
  }
  return text.text();
}

/// Idempotent requests, with and without a ticket, and pings.
Octets no_state() {
  ScriptText text = server();
  pad(idempotent(says(text, 1, 1), 0));
  replies(text, 0x30);
  pad(idempotent(says(text, 1, 1), 0));
  replies(text, 0xff);
  meets(text, 1);
  says(text, 1, 3);
  idempotent(idempotent(text, 3), 4).u8(7).u8(0).u8(100).u8(1);
  pad(text);
  replies(text, 0x10);
  passes(text, 3);
  text.choose(ServerTurn::kDrain);
  pad(request(says(text, 1, 1), 0));
  return text.text();
}

/// The datagrams of protocol.md §11, as they are and changed.
Octets golden() {
  ScriptText text = server();
  for (unsigned which = 0; which < 15; ++which) {
    text.choose(ServerTurn::kGolden).u8(0).u8(which).u8(1).u8(0);
    text.choose(ServerTurn::kGolden).u8(0).u8(which).u8(1).u8(1).u8(33).u8(1);
    text.choose(ServerTurn::kSend).u8(0).u8(0);
  }
  return text.text();
}

/// Numbers over the whole window, the base raised over what runs.
Octets whole_window() {
  ScriptText text = server();
  meets(text, 0);
  for (const unsigned number : {0U, 63U, 200U, 0xf3U, 0xf4U, 0xf7U}) {
    pad(request(says(text, 0, 1), number));
  }
  text.choose(ServerTurn::kFrames).u8(0).u8(1).u8(250).u8(0).u8(0).u8(1);
  pad(request(text, 0xf3));
  replies(replies(replies(text, 1), 2), 3);
  return text.text();
}

}  // namespace

const std::string_view kTarget = "server";

void try_input(Bytes input) {
  Script script{input};
  ServerPlay{script}.run();
}

std::vector<Octets> seeds() {
  return {one_request(), little_room(), old_copies(), no_state(), golden(), whole_window()};
}

}  // namespace volley::fuzz
