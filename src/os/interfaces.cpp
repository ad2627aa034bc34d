#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <charconv>
#include <memory>

#include <volley/network.hpp>

#include "os/fd.hpp"
#include "os/sockaddr.hpp"
#include "os/system_error.hpp"

namespace volley {
namespace {

using AddressList = std::unique_ptr<ifaddrs, decltype([](ifaddrs* list) { ::freeifaddrs(list); })>;

/// More names than this in an error help nobody.
constexpr std::size_t kNamesListed = 12;

/// The kernel calls an IPv4 address by its label, the interface's name and perhaps a suffix:
/// "eth0:1".
std::string_view device_of(std::string_view label) {
  return label.substr(0, label.find(':'));
}

std::uint32_t mtu_of(const os::Fd& socket, std::string_view name) {
  ifreq request{};
  name.copy(request.ifr_name, sizeof request.ifr_name - 1);
  if (::ioctl(socket.number(), SIOCGIFMTU, &request) != 0) return 0;
  return static_cast<std::uint32_t>(request.ifr_mtu);
}

Interface make_interface(const ifaddrs& entry, const os::Fd& socket) {
  Interface made;
  made.name = device_of(entry.ifa_name);
  made.index = ::if_nametoindex(made.name.c_str());
  made.mtu = mtu_of(socket, made.name);
  made.up = (entry.ifa_flags & IFF_UP) != 0;
  made.loopback = (entry.ifa_flags & IFF_LOOPBACK) != 0;
  made.broadcast = (entry.ifa_flags & IFF_BROADCAST) != 0;
  made.multicast = (entry.ifa_flags & IFF_MULTICAST) != 0;
  return made;
}

unsigned prefix_length(const sockaddr* mask, Family family) {
  if (mask == nullptr) return family == Family::kIpv4 ? 32 : 128;
  const IpAddress bits = os::from_sockaddr(mask).address();
  unsigned length = 0;
  for (std::size_t i = family == Family::kIpv4 ? 12 : 0; i < bits.bytes().size(); ++i) {
    length += static_cast<unsigned>(std::popcount(bits.bytes()[i]));
  }
  return length;
}

/// The last address of the subnet. The kernel takes it as a broadcast address whether or not
/// somebody told it so (`ip address add` without `brd`), where a prefix leaves room for one.
std::optional<IpAddress> last_of_subnet(const IpAddress& address, unsigned prefix) {
  if (prefix > 30) return std::nullopt;
  std::array<std::uint8_t, 16> bytes = address.bytes();
  for (unsigned bit = prefix; bit < 32; ++bit) {
    bytes[12 + bit / 8] = static_cast<std::uint8_t>(bytes[12 + bit / 8] | (0x80U >> (bit % 8)));
  }
  return IpAddress::v6(bytes);
}

InterfaceAddress make_address(const ifaddrs& entry) {
  InterfaceAddress made;
  made.address = os::from_sockaddr(entry.ifa_addr).address();
  const Family family = made.address.family();
  made.prefix_length = prefix_length(entry.ifa_netmask, family);
  if (family == Family::kIpv6) return made;
  const bool told = (entry.ifa_flags & IFF_BROADCAST) != 0 && entry.ifa_broadaddr != nullptr &&
                    entry.ifa_broadaddr->sa_family == AF_INET;
  const IpAddress broadcast =
      told ? os::from_sockaddr(entry.ifa_broadaddr).address() : IpAddress::any_v4();
  made.broadcast =
      broadcast.is_unspecified() ? last_of_subnet(made.address, made.prefix_length) : broadcast;
  return made;
}

std::string names_there_are() {
  const auto all = interfaces();
  if (!all) return "`ip link` lists those there are";
  std::string names;
  for (std::size_t i = 0; i < std::min(all->size(), kNamesListed); ++i) {
    names += fmt::format("{}{}", i == 0 ? "" : ", ", (*all)[i].name);
  }
  if (all->size() > kNamesListed) names += fmt::format(" and {} more", all->size() - kNamesListed);
  return "this machine has " + names;
}

}  // namespace

Result<std::vector<Interface>> interfaces() {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    return std::unexpected(os::system_error(errno, "cannot list the network interfaces"));
  }
  const AddressList list{first};
  const os::Fd socket{::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  std::vector<Interface> all;
  // The kernel names every interface first and the addresses after.
  for (const ifaddrs* entry = first; entry != nullptr; entry = entry->ifa_next) {
    auto found = std::ranges::find(all, device_of(entry->ifa_name), &Interface::name);
    if (found == all.end()) found = all.insert(all.end(), make_interface(*entry, socket));
    const int family = entry->ifa_addr == nullptr ? AF_UNSPEC : entry->ifa_addr->sa_family;
    if (family == AF_INET || family == AF_INET6) found->addresses.push_back(make_address(*entry));
  }
  return all;
}

Result<std::uint32_t> interface_index(std::string_view name) {
  if (const unsigned index = ::if_nametoindex(std::string{name}.c_str()); index != 0) return index;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool decimal = error == std::errc{} && end == name.data() + name.size();
  std::array<char, IF_NAMESIZE> unused{};
  if (decimal && ::if_indextoname(number, unused.data()) != nullptr) return number;
  return std::unexpected(Error{ErrorCode::kNotFound, ENODEV,
                               fmt::format("no network interface has the {} '{}'; {}",
                                           decimal ? "index" : "name", name, names_there_are())});
}

std::string interface_name(std::uint32_t index) {
  std::array<char, IF_NAMESIZE> name{};
  if (::if_indextoname(index, name.data()) == nullptr) return std::to_string(index);
  return name.data();
}

}  // namespace volley
