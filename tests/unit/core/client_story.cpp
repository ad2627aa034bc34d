#include "client_story.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "base/check.hpp"
#include "wire/frame_reader.hpp"
#include "wire/frame_writer.hpp"

namespace volley {

std::vector<std::uint32_t> Seen::numbers() const {
  std::vector<std::uint32_t> numbers;
  for (const Frame& frame : frames) numbers.push_back(std::to_underlying(frame.sequence));
  return numbers;
}

RetryPolicy ClientStory::exact_policy() {
  RetryPolicy policy = kLocalPolicy;
  policy.jitter = 0;
  policy.adaptive = false;
  return policy;
}

ClientStory::ClientStory() : ClientStory{Options{}} {}

ClientStory::ClientStory(const Options& options)
    : core{{.server = kServer,
            .policy = options.policy,
            .window = options.window,
            .datagram_size = options.datagram_size,
            .seed = options.seed,
            .draw_secret =
                [this] {
                  const std::uint64_t secret = secrets.front();
                  secrets.pop_front();
                  if (secrets.empty()) secrets.push_back(secret + 0x0101'0101);
                  return secret;
                }},
           options.first},
      buffer_(kMaxPayload) {}

RequestId ClientStory::ask(std::string_view body, const RequestOptions& options) {
  return core.request(as_bytes(body), options, now).value();
}

RequestId ClientStory::ask_idempotent(std::string_view body) {
  return ask(body, {.idempotent = true});
}

std::optional<Seen> ClientStory::sent() {
  const auto transmit = core.poll_transmit(buffer_, now);
  if (!transmit) return std::nullopt;
  Seen seen;
  seen.bytes.assign(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(transmit->size));
  seen.header = read_clear_header(seen.bytes, Side::kClient).value();
  const Bytes frames = Bytes{seen.bytes}.subspan(kHeaderSize);
  VOLLEY_CHECK(transmit->peer == kServer && well_formed(frames, Side::kClient));
  FrameReader reader{frames};
  while (const auto frame = reader.next()) seen.frames.push_back(*frame);
  return seen;
}

std::vector<Seen> ClientStory::all_sent() {
  std::vector<Seen> all;
  while (auto seen = sent()) all.push_back(std::move(*seen));
  return all;
}

std::optional<Answer> ClientStory::ended() {
  while (const auto event = core.poll_event()) {
    if (!event->answer) continue;
    last_ended = event->request;
    return event->answer;
  }
  return std::nullopt;
}

std::optional<Pong> ClientStory::pong() {
  while (const auto event = core.poll_event()) {
    if (event->pong) return event->pong;
  }
  return std::nullopt;
}

ClearHeader ClientStory::header() const {
  const auto uptime = std::chrono::floor<std::chrono::milliseconds>(now - birth);
  return {.from = Side::kServer,
          .client_id = ClientId{client_id},
          .epoch = Epoch{epoch},
          .ticket = Ticket{ticket},
          .note = static_cast<std::uint32_t>(uptime.count())};
}

void ClientStory::hear(std::initializer_list<Frame> frames) {
  hear(header(), frames);
}

void ClientStory::hear(const ClearHeader& header, std::initializer_list<Frame> frames) {
  hear_bytes(write(header, frames));
}

Bytes ClientStory::write(const ClearHeader& header, std::initializer_list<Frame> frames) {
  heard_.resize(kMaxPayload);
  FrameWriter writer{MutableBytes{heard_}.subspan(kHeaderSize)};
  for (const Frame& frame : frames) VOLLEY_CHECK(writer.write(frame));
  write_clear_header(header, heard_);
  return Bytes{heard_}.first(kHeaderSize + writer.size());
}

void ClientStory::hear_bare(std::uint8_t turn) {
  ClearHeader bare = header();
  bare.turn = turn;
  hear(bare);
}

void ClientStory::hear_bytes(Bytes bytes, const Endpoint& from) {
  core.handle_datagram({.peer = from, .payload = bytes}, now);
}

void ClientStory::meet() {
  const auto contact = sent();
  VOLLEY_CHECK(contact && contact->bare());
  hear_bare(contact->header.turn);
}

Seen ClientStory::meet_and_send() {
  meet();
  return sent().value();
}

void ClientStory::restart(Duration uptime) {
  epoch = epoch * 3 + 1;
  ticket = ticket * 3 + 1;
  birth = now - uptime;
}

std::vector<Seen> ClientStory::pass_and_see(Duration duration) {
  const Instant end = now + duration;
  std::vector<Seen> seen;
  while (true) {
    for (Seen& one : all_sent()) seen.push_back(std::move(one));
    const auto next = core.next_timeout();
    if (!next || *next > end) break;
    now = std::max(now, *next);
    core.handle_timeout(now);
  }
  now = end;
  return seen;
}

std::vector<Instant> ClientStory::pass(Duration duration) {
  const Instant end = now + duration;
  std::vector<Instant> sends;
  while (true) {
    while (sent()) sends.push_back(now);
    const auto next = core.next_timeout();
    if (!next || *next > end) break;
    now = std::max(now, *next);
    core.handle_timeout(now);
  }
  now = end;
  return sends;
}

Frame reply_to(std::uint32_t number, std::string_view body, std::uint8_t attempt) {
  return {.type = FrameType::kReply,
          .attempt = attempt,
          .sequence = Sequence{number},
          .body = as_bytes(body)};
}

Frame late_reply_to(std::uint32_t number, std::string_view body, std::uint8_t attempt) {
  Frame frame = reply_to(number, body, attempt);
  frame.deferred = true;
  return frame;
}

Frame nack_of(std::uint32_t number, NackCode code, std::uint32_t detail, std::uint8_t attempt) {
  return {.type = FrameType::kNack,
          .attempt = attempt,
          .sequence = Sequence{number},
          .code = code,
          .detail = detail};
}

Frame working_on(std::uint32_t number, std::uint8_t attempt) {
  return {.type = FrameType::kWorking,
          .attempt = attempt,
          .deferred = true,
          .sequence = Sequence{number}};
}

}  // namespace volley
