// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

namespace tagwire::rtls {

/// Tags in the order in which they were last heard, so that the longest silent one is known without a look at the
/// others. Tags go by small numbers. Plain class.
class SilenceList {
 public:
  /// A tag was heard just now.
  void hear(int tag) {
    if (static_cast<size_t>(tag) >= m_links.size()) m_links.resize(static_cast<size_t>(tag) + 1);
    remove(tag);
    Link &link = linkOf(tag);
    link = {true, m_last, -1};
    (m_last < 0 ? m_first : linkOf(m_last).next) = tag;
    m_last = tag;
  }

  void remove(int tag) {
    if (static_cast<size_t>(tag) >= m_links.size() || !linkOf(tag).isHere) return;
    const Link link = linkOf(tag);
    (link.before < 0 ? m_first : linkOf(link.before).next) = link.next;
    (link.next < 0 ? m_last : linkOf(link.next).before) = link.before;
    linkOf(tag) = {};
  }

  /// -1: there is none.
  int longestSilent() const { return m_first; }

 private:
  struct Link {
    bool isHere = false;
    int before = -1;
    int next = -1;
  };
  Link &linkOf(int tag) { return m_links[static_cast<size_t>(tag)]; }

  std::vector<Link> m_links;
  int m_first = -1;
  int m_last = -1;
};

}  // namespace tagwire::rtls
