<?xml version="1.0" encoding="UTF-8"?>
<!-- Items as the OpenAIRE Guidelines 4 for literature repositories want them: an XOAI document goes in and comes out with
     - the day of dc.date.issued (other dates stay);
     - the resource type of COAR in dc.type, as its label: what has none is `other`;
     - the access right of COAR in dc.rights, as its label: what is none (a licence) stays as it is;
     - languages of ISO 639-3 (common.xsl). -->
<xsl:stylesheet version="1.0"
    xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:x="http://www.lyncode.com/xoai"
    exclude-result-prefixes="x">
  <xsl:import href="common.xsl"/>

  <xsl:template match="x:field" mode="type">
    <xsl:variable name="row">
      <xsl:call-template name="coar-type">
        <xsl:with-param name="word"><xsl:call-template name="word"/></xsl:with-param>
      </xsl:call-template>
    </xsl:variable>
    <xsl:call-template name="value">
      <xsl:with-param name="value" select="substring-after(substring-after($row, '>'), '>')"/>
    </xsl:call-template>
  </xsl:template>

  <xsl:template match="x:field" mode="rights">
    <xsl:variable name="row">
      <xsl:call-template name="coar-right">
        <xsl:with-param name="word"><xsl:call-template name="word"/></xsl:with-param>
      </xsl:call-template>
    </xsl:variable>
    <xsl:choose>
      <xsl:when test="string($row)">
        <xsl:call-template name="value">
          <xsl:with-param name="value" select="substring-after($row, '>')"/>
        </xsl:call-template>
      </xsl:when>
      <xsl:otherwise><xsl:copy-of select="."/></xsl:otherwise>
    </xsl:choose>
  </xsl:template>
</xsl:stylesheet>
