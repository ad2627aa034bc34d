#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include <volley/clock.hpp>
#include <volley/options.hpp>
#include <volley/udp_socket.hpp>

namespace volley {
namespace {

using namespace std::chrono_literals;

const Endpoint kLoopback{IpAddress::v4(127, 0, 0, 1), 0};

/// Two sockets on loopback, and the datagrams that one sends to the other in batches.
class Batches : public testing::Test {
 protected:
  void SetUp() override {
    for (auto* socket : {&sender_, &receiver_}) {
      auto bound = UdpSocket::bind(kLoopback);
      ASSERT_TRUE(bound) << bound.error().message;
      socket->emplace(std::move(*bound));
      ASSERT_TRUE((*socket)->set_option("SO_RCVBUF=4194304"));
    }
  }

  /// Adds a datagram that says which one it is.
  void add(int number, std::size_t size) {
    const MutableBytes space = out_.space();
    ASSERT_GE(space.size(), size);
    std::memset(space.data(), 0, size);
    std::memcpy(space.data(), &number, std::min(size, sizeof number));
    out_.commit({.peer = *receiver_->local(), .size = size});
  }

  /// Everything that arrives until `count` are there or a second has passed: the numbers, in order.
  std::vector<int> arrivals(std::size_t count) {
    std::vector<int> numbers;
    const Instant end = now() + 1s;
    while (numbers.size() < count && receiver_->wait(end).value()) {
      EXPECT_TRUE(receiver_->receive(in_));
      for (const Datagram& datagram : in_.datagrams()) {
        int number = -1;
        std::memcpy(&number, datagram.payload.data(),
                    std::min(datagram.payload.size(), sizeof number));
        numbers.push_back(number);
        sizes_.push_back(datagram.payload.size());
      }
    }
    return numbers;
  }

  static std::vector<int> up_to(int count) {
    std::vector<int> numbers;
    for (int i = 0; i < count; ++i) numbers.push_back(i);
    return numbers;
  }

  std::optional<UdpSocket> sender_;
  std::optional<UdpSocket> receiver_;
  SendBatch out_{{.bytes = 1 << 20, .transmits = 64}};
  ReceiveBatch in_;
  std::vector<std::size_t> sizes_;
};

TEST_F(Batches, EqualNeighboursGoAsRunsAndArriveInOrder) {
  for (int i = 0; i < 200; ++i) add(i, 100);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_TRUE(out_.empty());
  EXPECT_EQ(arrivals(200), up_to(200));
  EXPECT_EQ(sender_->counters().sent, 200U);
  EXPECT_EQ(sender_->counters().runs, 4U) << "of 64, 64, 64 and 8";
  EXPECT_EQ(sender_->counters().send_calls, 1U);
}

TEST_F(Batches, TrainsAreSplitIntoTheirDatagrams) {
  ASSERT_TRUE(receiver_->set_coalescing(true));
  for (int i = 0; i < 64; ++i) add(i, 100);
  add(64, 37);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(65), up_to(65));
  EXPECT_EQ(sizes_.back(), 37U);
  EXPECT_EQ(receiver_->counters().received, 65U);
  EXPECT_GE(receiver_->counters().trains, 1U);
  EXPECT_LT(receiver_->counters().receive_calls, 65U);
}

TEST_F(Batches, ATrainLargerThanTheSlotIsReported) {
  ASSERT_TRUE(receiver_->set_coalescing(true));
  in_ = ReceiveBatch{{.slots = 4, .slot_size = 250}};
  for (int i = 0; i < 8; ++i) add(i, 100);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(3), up_to(3)) << "two whole datagrams, and half of the third";
  EXPECT_EQ(sizes_, (std::vector<std::size_t>{100, 100, 50}));
  EXPECT_FALSE(in_.arrivals()[1].truncated);
  EXPECT_TRUE(in_.arrivals()[2].truncated);
  EXPECT_EQ(receiver_->counters().received, 8U);
  EXPECT_EQ(receiver_->counters().truncated, 6U) << "one half, and five behind it";
}

TEST_F(Batches, ASlotThatEndsBetweenTwoDatagramsOfATrainCutsNone) {
  ASSERT_TRUE(receiver_->set_coalescing(true));
  in_ = ReceiveBatch{{.slots = 4, .slot_size = 200}};
  for (int i = 0; i < 8; ++i) add(i, 100);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(2), up_to(2));
  EXPECT_FALSE(in_.arrivals()[1].truncated) << "it is whole";
  EXPECT_EQ(receiver_->counters().truncated, 6U) << "and those behind it are lost";
}

TEST_F(Batches, ALookForNoMessageTakesNone) {
  add(0, 10);
  add(1, 20);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(1).size(), 2U);
  add(2, 10);
  ASSERT_TRUE(sender_->send(out_));
  ASSERT_TRUE(receiver_->receive(in_, {.most = 0}));
  EXPECT_TRUE(in_.datagrams().empty());
  EXPECT_EQ(arrivals(1), std::vector{2}) << "it is still there";
}

TEST_F(Batches, NothingGoesOutAsMoreThan64SegmentsOr65507Bytes) {
  std::size_t most = 0;
  std::size_t largest = 0;
  sender_->set_send_fault([&](const Transmit& transmit) {
    most = std::max(most, transmit.datagrams());
    largest = std::max(largest, transmit.size);
    return 0;
  });
  for (int i = 0; i < 300; ++i) add(i, 8);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(most, 64U);
  for (int i = 0; i < 20; ++i) add(i, 9'000);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_LE(largest, 65'507U);
  EXPECT_GT(largest, 60'000U);
  EXPECT_EQ(arrivals(320).size(), 320U);
}

TEST_F(Batches, EioResendsTheSameBatchSinglyAndNeverTriesThatPeerAgain) {
  for (const int number : {EIO, EINVAL}) {
    SetUp();
    int faked = 0;
    sender_->set_send_fault([&](const Transmit& transmit) {
      if (transmit.datagrams() == 1) return 0;
      ++faked;
      return number;
    });
    for (int i = 0; i < 100; ++i) add(i, 100);
    ASSERT_TRUE(sender_->send(out_));
    EXPECT_EQ(arrivals(100), up_to(100)) << "all, once, in order";
    EXPECT_EQ(faked, 1) << "the second run was not tried";
    EXPECT_EQ(sender_->counters().runs_refused, 1U);
    EXPECT_EQ(sender_->counters().unsegmented_peers, 1U);
    EXPECT_TRUE(sender_->counters().segmentation) << "other peers may still get runs";

    // Another peer does.
    auto other = UdpSocket::bind({IpAddress::v4(127, 0, 0, 2), 0});
    sender_->set_send_fault(nullptr);
    for (int i = 0; i < 2; ++i) {
      std::memset(out_.space().data(), 0, 10);
      out_.commit({.peer = *other->local(), .size = 10});
    }
    ASSERT_TRUE(sender_->send(out_));
    EXPECT_EQ(sender_->counters().runs, 1U);
  }
}

TEST_F(Batches, APeerThatNothingCanBeSentToStillGetsRunsLater) {
  // A source port of 0, which anyone can forge: the kernel says EINVAL to whatever goes there.
  for (const std::uint16_t port : {std::uint16_t{0}, receiver_->local()->port()}) {
    for (int i = 0; i < 2; ++i) {
      std::memset(out_.space().data(), i, 10);
      out_.commit({.peer = receiver_->local()->with_port(port), .size = 10});
    }
  }
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(sender_->counters().failed, 2U);
  EXPECT_EQ(sender_->counters().unsegmented_peers, 0U);
  EXPECT_EQ(sender_->counters().runs, 1U);
}

TEST_F(Batches, ThePeersThatTakeNoRunsAreBoundedAndTheOldestGivesWay) {
  int refused = 0;
  sender_->set_send_fault([&](const Transmit& transmit) {
    const bool is_run = transmit.datagrams() > 1;
    refused += is_run ? 1 : 0;
    return is_run ? EIO : 0;
  });
  const auto send_run = [&](std::size_t host) {
    const auto address = IpAddress::v4(127, 1, static_cast<std::uint8_t>(host >> 8),
                                       static_cast<std::uint8_t>(host));
    for (int i = 0; i < 2; ++i) {
      std::memset(out_.space().data(), 0, 10);
      out_.commit({.peer = {address, 9}, .size = 10});
    }
    ASSERT_TRUE(sender_->send(out_));
  };
  constexpr std::size_t kHosts = BatchLimits::kUnsegmented + 1;
  for (std::size_t host = 1; host <= kHosts; ++host) send_run(host);
  EXPECT_EQ(sender_->counters().unsegmented_peers, BatchLimits::kUnsegmented);
  EXPECT_EQ(refused, static_cast<int>(kHosts));
  send_run(kHosts);
  send_run(2);
  EXPECT_EQ(refused, static_cast<int>(kHosts)) << "these are remembered";
  send_run(1);
  EXPECT_EQ(refused, static_cast<int>(kHosts) + 1) << "the first was forgotten";
}

TEST_F(Batches, EmsgsizeSplitsTheRunAndLeavesSegmentationOn) {
  int faked = 0;
  sender_->set_send_fault([&](const Transmit& transmit) {
    return transmit.datagrams() > 1 && faked++ == 0 ? EMSGSIZE : 0;
  });
  for (int i = 0; i < 100; ++i) add(i, 100);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(100), up_to(100));
  EXPECT_EQ(sender_->counters().runs_split, 1U);
  EXPECT_EQ(sender_->counters().runs, 1U) << "the run of 36 behind it";
  EXPECT_EQ(sender_->counters().unsegmented_peers, 0U);
}

TEST_F(Batches, AStaleEmsgsizeOnAConnectedSocketIsTriedAgainAsItWas) {
  ASSERT_TRUE(sender_->connect(*receiver_->local()));
  int faked = 0;
  sender_->set_send_fault([&](const Transmit&) { return faked++ == 0 ? EMSGSIZE : 0; });
  for (int i = 0; i < 10; ++i) add(i, 100);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(10), up_to(10));
  EXPECT_EQ(sender_->counters().runs_split, 0U);
  EXPECT_EQ(sender_->counters().runs, 1U);
}

TEST_F(Batches, AnEarlierDatagramsRefusalCostsNoOther) {
  const Endpoint address = *receiver_->local();
  receiver_.reset();
  ASSERT_TRUE(sender_->connect(address));
  ASSERT_TRUE(sender_->send(as_bytes("nobody is there yet")));
  receiver_.emplace(*UdpSocket::bind(address));
  for (int i = 0; i < 3; ++i) add(i, 10 + static_cast<std::size_t>(i));
  const auto refused = sender_->send(out_);
  EXPECT_EQ(arrivals(3), up_to(3));
  EXPECT_EQ(sender_->counters().sent, 3U);
  EXPECT_EQ(sender_->counters().failed, 0U);
  ASSERT_FALSE(refused) << "and it is told";
  EXPECT_EQ(refused.error().code, ErrorCode::kRefused);
}

TEST_F(Batches, AnAddressOfTheOtherFamilyIsCountedAndTheRestGoesOn) {
  add(0, 10);
  std::memset(out_.space().data(), 0, 10);
  // Its last four bytes are 127.0.0.1.
  out_.commit(
      {.peer = {*IpAddress::parse("2001:db8::7f00:1"), receiver_->local()->port()}, .size = 10});
  std::memset(out_.space().data(), 0, 10);
  out_.commit(
      {.peer = *receiver_->local(), .local = *IpAddress::parse("2001:db8::7f00:1"), .size = 10});
  add(1, 20);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(2), up_to(2));
  EXPECT_EQ(sender_->counters().failed, 2U);
}

TEST_F(Batches, TellsTheFirstTroubleOfThePeers) {
  EXPECT_EQ(sender_->send_trouble(), std::nullopt);
  int number = EPERM;
  sender_->set_send_fault([&](const Transmit&) { return number; });
  add(0, 10);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(sender_->send_trouble(), ErrorCode::kPermission);
  number = EMSGSIZE;
  add(0, 10);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(sender_->send_trouble(), ErrorCode::kTooLarge);
  number = 0;
  add(0, 10);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(sender_->send_trouble(), std::nullopt);
}

TEST_F(Batches, ABufferThatStaysFullLosesTheRestAndCountsIt) {
  sender_->set_send_fault(
      [](const Transmit& transmit) { return transmit.size == 10 ? 0 : EAGAIN; });
  add(0, 10);
  for (int i = 0; i < 5; ++i) add(1, 20);
  add(2, 30);
  const auto full = sender_->send(out_);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code, ErrorCode::kFull);
  EXPECT_EQ(sender_->counters().sent, 1U);
  EXPECT_EQ(sender_->counters().no_buffers, 6U);
}

TEST_F(Batches, WhatIsTooLargeAloneIsCountedAndTheRestGoesOn) {
  sender_->set_send_fault(
      [](const Transmit& transmit) { return transmit.size == 500 ? EMSGSIZE : 0; });
  add(0, 100);
  add(99, 500);
  add(1, 600);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(2), up_to(2));
  EXPECT_EQ(sender_->counters().too_large, 1U);
}

TEST_F(Batches, AFullInterfaceQueueLosesOneDatagramNotTheBatch) {
  sender_->set_send_fault(
      [](const Transmit& transmit) { return transmit.size == 20 ? ENOBUFS : 0; });
  add(0, 10);
  add(99, 20);
  add(1, 30);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(2), up_to(2));
  EXPECT_EQ(sender_->counters().no_buffers, 1U);
}

TEST_F(Batches, AFullBufferIsWaitedForAndSignalsAreNothing) {
  int calls = 0;
  sender_->set_send_fault([&](const Transmit&) {
    ++calls;
    return calls <= 2 ? EAGAIN : calls == 3 ? EINTR : 0;
  });
  for (int i = 0; i < 5; ++i) add(i, 10 + static_cast<std::size_t>(i));
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(5), up_to(5));
}

TEST_F(Batches, APeerThatCannotBeReachedDoesNotStopTheOthers) {
  sender_->set_send_fault(
      [](const Transmit& transmit) { return transmit.size == 20 ? EHOSTUNREACH : 0; });
  add(0, 10);
  add(99, 20);
  add(1, 30);
  ASSERT_TRUE(sender_->send(out_)) << "an unconnected socket has other peers";
  EXPECT_EQ(arrivals(2), up_to(2));
  EXPECT_EQ(sender_->counters().failed, 1U);

  ASSERT_TRUE(sender_->connect(*receiver_->local()));
  add(99, 20);
  const auto failed = sender_->send(out_);
  ASSERT_FALSE(failed) << "a connected one has no other";
  EXPECT_EQ(failed.error().code, ErrorCode::kUnreachable);
}

TEST_F(Batches, MoreMessagesThanOneKernelCallTakesAllGo) {
  sender_->set_send_fault(
      [](const Transmit& transmit) { return transmit.datagrams() > 1 ? EIO : 0; });
  for (int i = 0; i < 300; ++i) add(i, 10);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(300), up_to(300));
  EXPECT_EQ(sender_->counters().send_calls, 5U) << "of at most 64 messages";
}

TEST_F(Batches, TheEnvironmentTurnsEachOffloadOff) {
  ::setenv("VOLLEY_NO_GSO", "1", 1);
  ::setenv("VOLLEY_NO_GRO", "1", 1);
  SetUp();
  ::unsetenv("VOLLEY_NO_GSO");
  EXPECT_FALSE(sender_->counters().segmentation);
  ASSERT_TRUE(receiver_->set_coalescing(true));
  ::unsetenv("VOLLEY_NO_GRO");
  EXPECT_FALSE(receiver_->counters().coalescing);
  for (int i = 0; i < 100; ++i) add(i, 100);
  ASSERT_TRUE(sender_->send(out_));
  EXPECT_EQ(arrivals(100), up_to(100));
  EXPECT_EQ(sender_->counters().runs, 0U);
  EXPECT_EQ(receiver_->counters().trains, 0U);
}

}  // namespace
}  // namespace volley
