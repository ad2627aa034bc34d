#include "server_world.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <utility>

#include "wire/frame_reader.hpp"
#include "wire/frame_writer.hpp"

namespace volley {
namespace {

std::string suffix(const Frame& frame) {
  std::string text;
  if (frame.status != 0) text += fmt::format(" status {}", frame.status);
  if (frame.attempt > 1) text += fmt::format(" attempt {}", frame.attempt);
  if (frame.deferred) text += " deferred";
  return text;
}

/// Bodies longer than a word by their length.
std::string quoted(Bytes body) {
  if (body.size() > 20) return fmt::format("{} bytes", body.size());
  return fmt::format("\"{}\"", as_text(body));
}

std::string describe(const Frame& frame) {
  const auto number = std::to_underlying(frame.sequence);
  switch (frame.type) {
    case FrameType::kReply:
      return fmt::format("REPLY {} {}{}", number, quoted(frame.body), suffix(frame));
    case FrameType::kWorking:
      return fmt::format("WORKING {}{}", number, suffix(frame));
    case FrameType::kPong:
      return fmt::format("PONG {} {}", frame.opaque, frame.zeros);
    case FrameType::kNack:
      break;
    default:
      return "what a server must not say";
  }
  switch (frame.code) {
    case NackCode::kBusy:
      return fmt::format("BUSY {} {} ms{}", number, frame.detail, suffix(frame));
    case NackCode::kNever:
      return fmt::format("NEVER {}{}", number, suffix(frame));
    case NackCode::kReplyGone:
      return fmt::format("REPLY_GONE {}{}", number, suffix(frame));
    case NackCode::kOverload:
      return fmt::format("OVERLOAD {} {} ms{}", number, frame.detail, suffix(frame));
  }
  return "no NACK";
}

std::string describe_all(Bytes frames) {
  if (frames.empty()) return "bare";
  std::string text;
  FrameReader reader{frames};
  while (const auto frame = reader.next()) {
    if (!text.empty()) text += ", ";
    text += describe(*frame);
  }
  return text;
}

Frame numbered(FrameType type, std::uint32_t number, std::uint8_t attempt) {
  return {.type = type, .attempt = attempt, .sequence = Sequence{number}};
}

}  // namespace

Frame request(std::uint32_t number, std::string_view body, std::uint8_t attempt) {
  Frame frame = numbered(FrameType::kRequest, number, attempt);
  frame.body = as_bytes(body);
  return frame;
}

Frame idempotent(std::uint32_t number, std::string_view body, std::uint8_t attempt) {
  Frame frame = request(number, body, attempt);
  frame.idempotent = true;
  return frame;
}

Frame probe(std::uint32_t number, std::uint8_t attempt) {
  return numbered(FrameType::kProbe, number, attempt);
}

Frame ping(std::uint64_t opaque, std::uint16_t zeros) {
  return {.type = FrameType::kPing, .zeros = zeros, .opaque = opaque};
}

ServerWorld::ServerWorld(const ServerCore::Options& options)
    : core{options}, buffer_(kMaxPayload) {}

ServerCore::Options ServerWorld::defaults() {
  ServerCore::Options options;
  options.incarnation.epoch = 0xe90c112233445566;
  options.incarnation.birth = Instant{std::chrono::minutes{59}};
  options.incarnation.secret.fill(std::byte{7});
  options.hash_secret = 0x5eed;
  return options;
}

FakeClient ServerWorld::stranger(unsigned which) {
  return {.peer = {IpAddress::v4(10, static_cast<std::uint8_t>(which >> 16U),
                                 static_cast<std::uint8_t>(which >> 8U),
                                 static_cast<std::uint8_t>(which)),
                   5'000},
          .id = ClientId{0xc1a05eed00000000 + which}};
}

FakeClient ServerWorld::client(unsigned which) {
  return greet(stranger(which));
}

FakeClient ServerWorld::greet(FakeClient client) {
  hear(client, {});
  const auto answers = heard();
  EXPECT_EQ(answers.size(), 1U);
  if (answers.empty()) return client;
  client.epoch = answers.front().header.epoch;
  client.ticket = answers.front().header.ticket;
  client.turn = 1;
  return client;
}

std::vector<std::byte> ServerWorld::datagram(const FakeClient& client,
                                             const std::vector<Frame>& frames, std::size_t pad) {
  std::size_t size = kHeaderSize + pad;
  for (const Frame& frame : frames) size += size_of(frame);
  std::vector<std::byte> octets(size);
  write_clear_header({.from = Side::kClient,
                      .turn = client.turn,
                      .client_id = client.id,
                      .epoch = client.epoch,
                      .ticket = client.ticket,
                      .note = client.lowest},
                     octets);
  FrameWriter writer{MutableBytes{octets}.subspan(kHeaderSize)};
  for (const Frame& frame : frames) EXPECT_TRUE(writer.write(frame));
  writer.pad_to(writer.size() + pad);
  return octets;
}

void ServerWorld::hear(const FakeClient& client, const std::vector<Frame>& frames,
                       std::size_t pad) {
  hear(client.peer, datagram(client, frames, pad));
}

void ServerWorld::hear(const Endpoint& peer, Bytes octets) {
  core.handle_datagram({.peer = peer, .local = kLocal, .payload = octets}, now);
  while (const auto execution = core.poll_request(now)) {
    ++started;
    if (echo) {
      core.reply(execution->id, 0, execution->body, now);
    } else {
      running.push_back({.execution = *execution, .body = std::string{as_text(execution->body)}});
    }
  }
}

std::string ServerWorld::ask(const FakeClient& client, const std::vector<Frame>& frames,
                             std::size_t pad) {
  hear(client, frames, pad);
  return said();
}

ServerWorld::Handler ServerWorld::take(std::string_view body) {
  const auto found = std::ranges::find(running, body, &Handler::body);
  EXPECT_NE(found, running.end()) << body << " does not run";
  const Handler handler = *found;
  running.erase(found);
  return handler;
}

void ServerWorld::reply(std::string_view body, std::string_view answer, std::uint16_t status) {
  core.reply(take(body).execution.id, status, as_bytes(answer), now);
}

void ServerWorld::abandon(std::string_view body) {
  core.abandon(take(body).execution.id, now);
}

std::vector<Heard> ServerWorld::heard() {
  std::vector<Heard> all;
  while (const auto transmit = core.poll_transmit(buffer_, now)) {
    Bytes rest = Bytes{buffer_}.first(transmit->size);
    const std::size_t segment = transmit->segment_size == 0 ? rest.size() : transmit->segment_size;
    while (!rest.empty()) {
      const Bytes octets = rest.first(std::min(segment, rest.size()));
      rest = rest.subspan(octets.size());
      const auto header = read_clear_header(octets, Side::kServer);
      EXPECT_TRUE(header);
      EXPECT_TRUE(well_formed(octets.subspan(kHeaderSize), Side::kServer));
      all.push_back({.peer = transmit->peer,
                     .local = transmit->local,
                     .header = *header,
                     .size = octets.size(),
                     .run = transmit->datagrams(),
                     .bytes = {octets.begin(), octets.end()},
                     .frames = describe_all(octets.subspan(kHeaderSize))});
    }
  }
  EXPECT_FALSE(core.must_transmit());
  return all;
}

std::string ServerWorld::said() {
  std::string text;
  for (const Heard& answer : heard()) {
    if (!text.empty()) text += " | ";
    text += answer.frames;
  }
  return text;
}

void ServerWorld::pass(Duration time) {
  const Instant end = now + time;
  while (true) {
    const auto next = core.next_timeout();
    if (!next || *next > end) break;
    now = std::max(now, *next);
    core.handle_timeout(now);
    if (core.must_transmit()) break;
  }
  now = end;
}

}  // namespace volley
