<?xml version="1.0"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="html" indent="yes"/>
  <xsl:key name="by-id" match="item" use="@id"/>
  <xsl:key name="by-kind" match="item" use="@kind"/>
  <xsl:template match="/catalogue">
    <html><body>
      <xsl:for-each select="item[generate-id() = generate-id(key('by-kind', @kind)[1])]">
        <xsl:sort select="@kind"/>
        <h1><xsl:value-of select="translate(@kind, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')"/></h1>
        <p><xsl:value-of select="count(key('by-kind', @kind))"/> of <xsl:value-of select="sum(key('by-kind', @kind)/price)"/></p>
        <table>
          <xsl:for-each select="key('by-kind', @kind)">
            <xsl:sort select="price" data-type="number" order="descending"/>
            <xsl:sort select="name"/>
            <xsl:apply-templates select="."/>
          </xsl:for-each>
        </table>
      </xsl:for-each>
    </body></html>
  </xsl:template>
  <xsl:template match="item">
    <tr class="{@kind}">
      <td><xsl:value-of select="position()"/></td>
      <td><xsl:value-of select="normalize-space(name)"/></td>
      <td><xsl:value-of select="format-number(price div 100, '#,##0.00')"/></td>
      <td>
        <xsl:for-each select="part[@count &gt; 4]">
          <xsl:value-of select="concat(., ' x ', @count, ' (', key('by-id', @ref)/name, ')')"/>
          <xsl:if test="position() != last()">; </xsl:if>
        </xsl:for-each>
      </td>
      <td>
        <xsl:choose>
          <xsl:when test="contains(name, 'an') and price &gt; 5000">rare</xsl:when>
          <xsl:when test="starts-with(name, 'b')">b</xsl:when>
          <xsl:otherwise><xsl:value-of select="string-length(name)"/></xsl:otherwise>
        </xsl:choose>
      </td>
    </tr>
  </xsl:template>
</xsl:stylesheet>
