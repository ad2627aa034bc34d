#include "wire/byte_writer.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "support/octets.hpp"

namespace volley {
namespace {

TEST(ByteWriter, PutsNumbersInNetworkOrder) {
  std::vector<std::byte> out(20, std::byte{0xee});
  ByteWriter to{out};
  to.u8(0x01);
  to.u16(0x0203);
  to.u32(0x04050607);
  to.u64(0x08090a0b0c0d0e0f);
  to.bytes(as_bytes("!"));
  to.zeros(2);
  to.bytes({});
  to.zeros(0);
  EXPECT_TRUE(to.ok());
  EXPECT_EQ(to.room(), 2U);
  EXPECT_EQ(out, octets("01 0203 04050607 08090a0b0c0d0e0f 21 0000 eeee"));
}

TEST(ByteWriter, LatchesAtTheEnd) {
  std::vector<std::byte> out(3, std::byte{0xee});
  ByteWriter to{out};
  to.u32(1);
  EXPECT_FALSE(to.ok());
  // A later one that would have fitted is not written in its place.
  to.u8(1);
  to.bytes(as_bytes("a"));
  to.zeros(1);
  EXPECT_FALSE(to.ok());
  EXPECT_EQ(to.room(), 0U);
  EXPECT_EQ(out, octets("eeeeee"));
}

}  // namespace
}  // namespace volley
